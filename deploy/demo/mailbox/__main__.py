"""Runs the demo's mailbox: `python -m deploy.demo.mailbox --port 8087 --smtp-port 8088`."""

import argparse
import logging

from deploy.demo.mailbox.received import Mailbox
from deploy.demo.mailbox.site import create_site
from deploy.demo.web_server import serve

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Takes all mail of the demo and shows it.")
    parser.add_argument("--host", default="127.0.0.1", help="address of the pages; mails come in on loopback only")
    parser.add_argument("--port", type=int, default=8087, help="of the pages")
    parser.add_argument("--smtp-port", type=int, default=8088, help="of SMTP")
    options = parser.parse_args()
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd would log whom each mail is for
    mailbox = Mailbox(options.smtp_port).open()
    try:
        serve(create_site(mailbox), options.port, options.host)
    finally:
        mailbox.close()
