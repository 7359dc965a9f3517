"""One use case a file. Decide with the domain, then write in one transaction, then tell the queue."""
