"""The Discord side of Guildhall: commands, buttons and live panels for what the services do."""
