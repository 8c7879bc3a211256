"""The demo's mailbox: takes every mail that anything in the demo sends, keeps it in memory and shows it on a page. Nothing is delivered.

`received.py` takes mails in by SMTP, `site.py` shows them. For the demo and for tests only: it asks nobody who they are.
"""
