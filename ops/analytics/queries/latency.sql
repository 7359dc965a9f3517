-- How long delivered jobs took, by day and model, since @since: all of it, the time in the queue, the work.
SELECT
  DATE(settled_at) AS day,
  model,
  COUNT(*) AS jobs,
  APPROX_QUANTILES(latency_ms, 100)[OFFSET(50)] AS latency_p50_ms,
  APPROX_QUANTILES(latency_ms, 100)[OFFSET(95)] AS latency_p95_ms,
  APPROX_QUANTILES(wait_ms, 100)[OFFSET(95)] AS wait_p95_ms,
  APPROX_QUANTILES(queue_ms, 100)[OFFSET(50)] AS queue_p50_ms,
  APPROX_QUANTILES(queue_ms, 100)[OFFSET(95)] AS queue_p95_ms,
  APPROX_QUANTILES(work_ms, 100)[OFFSET(50)] AS work_p50_ms,
  APPROX_QUANTILES(work_ms, 100)[OFFSET(95)] AS work_p95_ms
FROM `${PROJECT}.mediaforge.generations`
WHERE DATE(settled_at) >= @since AND status = 'completed'
GROUP BY day, model
ORDER BY day, model
