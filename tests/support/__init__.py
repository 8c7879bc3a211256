"""The words tests speak: services, browsers, tools and citizens. No test lives here."""
