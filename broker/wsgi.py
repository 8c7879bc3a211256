"""gunicorn's door."""

from broker.app import create_app
from broker.config import load_settings
from broker.web.observability import configure_logging

_settings = load_settings()
configure_logging(_settings.log_level)
application = create_app(_settings)
