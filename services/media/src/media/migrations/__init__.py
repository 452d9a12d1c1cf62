"""The steps from an empty schema to today's."""
