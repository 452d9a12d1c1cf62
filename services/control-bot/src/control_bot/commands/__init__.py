"""Discord in: slash commands, buttons and forms, each with one handler."""
