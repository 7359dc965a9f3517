"""What the platform calls: parse, call one service, answer."""
