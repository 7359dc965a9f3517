-- What jobs failed of since @since, most frequent first, with the newest example of each and what it has cost us.
SELECT
  error_code,
  model,
  COUNT(*) AS jobs,
  COUNT(DISTINCT user_id) AS users,
  SAFE_DIVIDE(COUNT(*), SUM(COUNT(*)) OVER ()) AS part_of_failures,
  SUM(COALESCE(cost_ct, 0)) AS cost_ct,
  ANY_VALUE(job_id HAVING MAX settled_at) AS newest_job_id,
  MAX(settled_at) AS newest_at
FROM `${PROJECT}.mediaforge.generations`
WHERE DATE(settled_at) >= @since AND status = 'failed'
GROUP BY error_code, model
ORDER BY jobs DESC, error_code, model
