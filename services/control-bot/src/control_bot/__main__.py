"""The control bot's program: `serve | openapi`."""

import os
import sys

import chassis.loading
from chassis.cli import Service
from control_bot.app import create_app
from control_bot.settings import Settings

if __name__ == "__main__":
    chassis.loading.done()
    Service(name="control-bot", settings=Settings, create_app=create_app).main(os.environ, sys.argv[1:])
