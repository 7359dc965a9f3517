-- What part of the jobs was delivered, by day, since @since.
SELECT
  day,
  SUM(jobs) AS jobs,
  SUM(completed) AS completed,
  SUM(failed) AS failed,
  SUM(cancelled) AS cancelled,
  SAFE_DIVIDE(SUM(completed), SUM(completed) + SUM(failed)) AS success_rate
FROM `${PROJECT}.mediaforge.models_by_day`
WHERE day >= @since
GROUP BY day
ORDER BY day
