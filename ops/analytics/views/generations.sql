-- A row for each job that has ended and is settled: the log's lines `generation`, each job once. The log may keep a
-- line twice. What each column says is in docs/analytics.md.
SELECT
  JSON_VALUE(json_payload, '$.job_id') AS job_id,
  JSON_VALUE(json_payload, '$.request_id') AS request_id,
  JSON_VALUE(json_payload, '$.account_id') AS account_id,
  JSON_VALUE(json_payload, '$.user_id') AS user_id,
  JSON_VALUE(json_payload, '$.team_id') AS team_id,
  JSON_VALUE(json_payload, '$.batch_id') AS batch_id,
  JSON_VALUE(json_payload, '$.brand_id') AS brand_id,
  JSON_VALUE(json_payload, '$.pack_id') AS pack_id,
  JSON_VALUE(json_payload, '$.template_id') AS template_id,
  JSON_VALUE(json_payload, '$.retry_of') AS retry_of,
  JSON_VALUE(json_payload, '$.reused_from') AS reused_from,
  JSON_VALUE(json_payload, '$.kind') AS kind,
  JSON_VALUE(json_payload, '$.model') AS model,
  JSON_VALUE(json_payload, '$.provider') AS provider,
  JSON_VALUE(json_payload, '$.size') AS size,
  JSON_VALUE(json_payload, '$.lane') AS lane,
  JSON_VALUE(json_payload, '$.status') AS status,
  JSON_VALUE(json_payload, '$.error_code') AS error_code,
  CAST(JSON_VALUE(json_payload, '$.count') AS INT64) AS asked,
  CAST(JSON_VALUE(json_payload, '$.delivered') AS INT64) AS delivered,
  CAST(JSON_VALUE(json_payload, '$.credits') AS INT64) AS credits,
  CAST(JSON_VALUE(json_payload, '$.cost_ct') AS FLOAT64) AS cost_ct,
  CAST(JSON_VALUE(json_payload, '$.attempts') AS INT64) AS attempts,
  CAST(JSON_VALUE(json_payload, '$.snoozes') AS INT64) AS snoozes,
  CAST(JSON_VALUE(json_payload, '$.may_have_billed') AS INT64) AS may_have_billed,
  CAST(JSON_VALUE(json_payload, '$.accepted_at') AS TIMESTAMP) AS accepted_at,
  CAST(JSON_VALUE(json_payload, '$.latency_ms') AS INT64) AS latency_ms,
  CAST(JSON_VALUE(json_payload, '$.wait_ms') AS INT64) AS wait_ms,
  CAST(JSON_VALUE(json_payload, '$.queue_ms') AS INT64) AS queue_ms,
  CAST(JSON_VALUE(json_payload, '$.work_ms') AS INT64) AS work_ms,
  timestamp AS settled_at
FROM `${PROJECT}.mediaforge_log._AllLogs`
WHERE JSON_VALUE(json_payload, '$.message') = 'generation'
QUALIFY ROW_NUMBER() OVER (PARTITION BY JSON_VALUE(json_payload, '$.job_id') ORDER BY timestamp) = 1
