"""From a mail's kind and language to the message: subject, text and HTML."""

import tomllib
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime, make_msgid
from functools import cache
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from auth.domain.mails import Mail

LANGUAGES: Final = ("en", "de")
_lines: Final = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701  single lines of text, no HTML
_letters: Final = Environment(
    loader=PackageLoader("auth.clients", "mail_texts"),
    undefined=StrictUndefined,
    autoescape=select_autoescape(["html.jinja"]),
)


@cache
def texts(language: str) -> dict[str, dict[str, str]]:
    known = language if language in LANGUAGES else LANGUAGES[0]
    return tomllib.loads((resources.files("auth.clients.mail_texts") / f"{known}.toml").read_text("utf-8"))


def write(mail: Mail, *, sender: str, home: str) -> EmailMessage:
    """The message, ready to be sent; `home` is the public address that links begin with."""
    words = texts(mail.language)
    own, what = words[mail.kind.value], words["changes"].get(mail.what, mail.what)
    values: dict[str, Any] = {"name": mail.name, "what": what, "home": home}

    def said(text: str) -> str:
        return _lines.from_string(text).render(values)

    shown = {
        "language": mail.language,
        "subject": said(own["subject"]),
        "greeting": said(words["frame"]["greeting"]),
        "text": said(own["text"]),
        "action": own["action"],
        "url": home + mail.link if mail.link else "",
        "footer": said(words["frame"]["footer"]),
    }
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, mail.to, shown["subject"]
    message["Date"] = localtime()
    message["Message-ID"] = make_msgid(domain="guildhall.invalid")
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = mail.language
    message.set_content(_letters.get_template("mail.txt.jinja").render(shown))
    message.add_alternative(_letters.get_template("mail.html.jinja").render(shown), subtype="html")
    return message
