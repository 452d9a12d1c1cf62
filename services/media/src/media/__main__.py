"""The media program: `serve | migrate | openapi`."""

import os
import sys

import chassis.loading
from chassis.cli import Service
from media.app import create_app
from media.settings import Settings
from streams import dead_letters

if __name__ == "__main__":
    chassis.loading.done()
    Service(
        name="media",
        settings=Settings,
        create_app=create_app,
        commands={"dead-letters": dead_letters.command("media")},
        migrated=lambda settings: settings.database_url,
    ).main(os.environ, sys.argv[1:])
