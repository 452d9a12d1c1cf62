"""The voice half of Discord: gateway v8, UDP relay, MLS delivery service, and people who talk."""
