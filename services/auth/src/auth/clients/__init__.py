"""What takes its time elsewhere: Redis, SMTP, Discord, the hashing threads; each with a limit."""
