"""`python -m gateway serve | openapi`."""

import os
import sys

import chassis.loading
from chassis.cli import Service
from gateway.app import create_app
from gateway.server import serve
from gateway.settings import Settings

if __name__ == "__main__":
    chassis.loading.done()
    Service(name="gateway", settings=Settings, create_app=create_app, serve=serve).main(os.environ, sys.argv[1:])
