"""The messaging program: `serve | migrate | openapi`."""

import os
import sys

import chassis.loading
from chassis.cli import Service
from messaging.app import create_app
from messaging.settings import Settings
from streams import dead_letters

if __name__ == "__main__":
    chassis.loading.done()
    Service(
        name="messaging",
        settings=Settings,
        create_app=create_app,
        commands={"dead-letters": dead_letters.command("messaging")},
        migrated=lambda settings: settings.database_url,
    ).main(os.environ, sys.argv[1:])
