"""`python -m auth serve | migrate | openapi | rotate-keys | make-admin EMAIL`."""

import os
import sys

import chassis.loading
from auth.app import create_app
from auth.commands import make_admin, rotate_keys
from auth.settings import Settings
from chassis.cli import Service

SERVICE = Service(
    name="auth",
    settings=Settings,
    create_app=create_app,
    migrated=lambda settings: settings.database_url,
    commands={"rotate-keys": rotate_keys, "make-admin": make_admin},
)

if __name__ == "__main__":
    chassis.loading.done()
    SERVICE.main(os.environ, sys.argv[1:])
