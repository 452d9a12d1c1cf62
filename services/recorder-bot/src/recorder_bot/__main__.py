"""The recorder: `serve | openapi`."""

import os
import sys
from pathlib import Path

import chassis.loading
from chassis.cli import Service
from recorder_bot import events
from recorder_bot.app import create_app
from recorder_bot.settings import Settings
from streams import dead_letters

if __name__ == "__main__":
    chassis.loading.done()
    spool = {"RECORDER_BOT_SPOOL_FOLDER": str(Path(os.environ.get("DATA_DIR", "var")) / "spool")}
    Service(
        name="recorder-bot",
        settings=Settings,
        create_app=create_app,
        commands={"dead-letters": dead_letters.command(events.GROUP)},
    ).main(spool | os.environ, sys.argv[1:])
