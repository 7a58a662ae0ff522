"""Settings, read once from the environment."""

import os
from dataclasses import dataclass, field

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError


@dataclass(frozen=True)
class Settings:
    # repr=False: a settings object that ends up in a log must not show a secret.
    database_url: URL = field(repr=False)
    database_wait_seconds: float = 60
    gemini_api_key: str = field(default="", repr=False)
    gemini_model: str = "gemini-2.5-flash"
    gemini_base_url: str = "https://generativelanguage.googleapis.com"
    openai_api_key: str = field(default="", repr=False)
    openai_model: str = "gpt-4.1-mini"
    openai_base_url: str = "https://api.openai.com/v1"
    assistant_timeout_seconds: float = 20
    drain_seconds: float = 5


def database_url(text: str) -> URL:
    """The URL with the driver this app ships; what tools usually write has none."""
    if not text:
        raise SystemExit("DATABASE_URL is not set; expected postgresql://USER:PASSWORD@HOST:5432/NAME")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # `from None`: the parser's own message can quote a part of the password.
        raise SystemExit("DATABASE_URL is not a URL; special characters in the password must be percent-encoded") from None
    if url.drivername not in ("postgres", "postgresql", "postgresql+psycopg"):
        raise SystemExit(f"DATABASE_URL must start with postgresql://, not {url.drivername}://")
    return url.set(drivername="postgresql+psycopg")


def load() -> Settings:
    """Reads the environment; an empty variable counts as not set."""
    values: dict = {"database_url": database_url(os.environ.get("DATABASE_URL", ""))}
    for name, kind in Settings.__annotations__.items():
        text = os.environ.get(name.upper(), "").strip()
        if name == "database_url" or not text:
            continue
        try:
            values[name] = kind(text)
        except ValueError:
            raise SystemExit(f"{name.upper()} must be a number of seconds") from None
    return Settings(**values)
