"""What a log line may hold, and how often the same one is written."""
