-- Each model on each day (UTC) on which its jobs were settled. A job that its user cancelled is neither a success nor
-- a failure. 1 credit is 1 US cent. `cost_ct` leaves out the jobs of models of which nobody has said what they cost.
SELECT
  DATE(settled_at) AS day,
  kind,
  model,
  provider,
  COUNT(*) AS jobs,
  COUNTIF(status = 'completed') AS completed,
  COUNTIF(status = 'failed') AS failed,
  COUNTIF(status = 'cancelled') AS cancelled,
  SAFE_DIVIDE(COUNTIF(status = 'completed'), COUNTIF(status IN ('completed', 'failed'))) AS success_rate,
  APPROX_QUANTILES(latency_ms, 100)[OFFSET(50)] AS latency_p50_ms,
  APPROX_QUANTILES(latency_ms, 100)[OFFSET(95)] AS latency_p95_ms,
  APPROX_QUANTILES(queue_ms, 100)[OFFSET(95)] AS queue_p95_ms,
  APPROX_QUANTILES(work_ms, 100)[OFFSET(95)] AS work_p95_ms,
  SUM(delivered) AS delivered,
  SUM(attempts) AS attempts,
  SUM(credits) AS credits,
  SUM(cost_ct) AS cost_ct,
  SUM(credits) - SUM(COALESCE(cost_ct, 0)) AS margin_ct,
  COUNTIF(cost_ct IS NULL) AS jobs_of_unknown_cost
FROM `${PROJECT}.mediaforge.generations`
GROUP BY day, kind, model, provider
