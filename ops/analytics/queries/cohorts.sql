-- Of the users whose first job was in a week (from Monday, UTC), how many came back in the weeks after it.
WITH firsts AS (
  SELECT user_id, DATE_TRUNC(MIN(DATE(accepted_at)), WEEK(MONDAY)) AS cohort
  FROM `${PROJECT}.mediaforge.generations`
  GROUP BY user_id
),
active AS (
  SELECT DISTINCT user_id, DATE_TRUNC(DATE(accepted_at), WEEK(MONDAY)) AS week
  FROM `${PROJECT}.mediaforge.generations`
)
SELECT
  cohort,
  CAST(DATE_DIFF(week, cohort, DAY) / 7 AS INT64) AS week_number,
  COUNT(*) AS users,
  SAFE_DIVIDE(COUNT(*), MAX(COUNT(*)) OVER (PARTITION BY cohort)) AS part_of_cohort
FROM firsts
JOIN active USING (user_id)
WHERE cohort >= @since
GROUP BY cohort, week_number
ORDER BY cohort, week_number
