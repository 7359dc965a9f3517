-- How far the users came whose first job was since @since: asked, got something, came back on another day, paid.
WITH users AS (
  SELECT
    user_id,
    MIN(DATE(accepted_at)) AS first_day,
    COUNTIF(status = 'completed') AS delivered_jobs,
    COUNT(DISTINCT DATE(accepted_at)) AS days,
    COUNTIF(lane = 'paid') AS paid_jobs
  FROM `${PROJECT}.mediaforge.generations`
  GROUP BY user_id
)
SELECT
  COUNT(*) AS asked,
  COUNTIF(delivered_jobs > 0) AS got_something,
  COUNTIF(delivered_jobs > 0 AND days > 1) AS came_back,
  COUNTIF(delivered_jobs > 0 AND days > 1 AND paid_jobs > 0) AS paid
FROM users
WHERE first_day >= @since
