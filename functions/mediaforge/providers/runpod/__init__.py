"""RunPod serverless: our worker container behind a queue-based endpoint, over plain HTTP."""
