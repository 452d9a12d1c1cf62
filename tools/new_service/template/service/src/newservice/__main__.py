"""The newservice program: `serve | migrate | openapi`."""

import os
import sys

import chassis.loading
from chassis.cli import Service
from newservice.app import create_app
from newservice.settings import Settings

if __name__ == "__main__":
    chassis.loading.done()
    Service(
        name="newservice",
        settings=Settings,
        create_app=create_app,
        migrated=lambda settings: settings.database_url,
    ).main(os.environ, sys.argv[1:])
