"""The worker behind MediaForge's RunPod endpoint: a request in, files in Cloud Storage out.

`job` runs one request; `request` reads it, `pipelines` render it, `lent` or `storage` loads and saves its
files,
`answer` makes the answer, `report` and `progress` tell how far it is. Nothing here imports the `runpod`
package.
"""
