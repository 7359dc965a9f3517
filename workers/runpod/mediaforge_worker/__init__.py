"""The worker behind MediaForge's RunPod endpoint: a request in, files in Cloud Storage out.

`job` runs one request; `request` reads it, `pipelines` render it, `lent` or `storage`, and `answer`, bring
the files home, `report` and `progress` say how far it is. Nothing here imports the `runpod` package.
"""
