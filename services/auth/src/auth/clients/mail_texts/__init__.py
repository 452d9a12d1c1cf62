"""What mails say, in every language."""
