"""What only a real browser can show: accessibility, the content policy, layout, pages without scripts."""
