-- What was taken for the work of each model since @since, what its provider charged for it, and what is left, in US
-- cents.
SELECT
  model,
  SUM(jobs) AS jobs,
  SUM(delivered) AS delivered,
  SUM(credits) AS revenue_ct,
  SUM(cost_ct) AS cost_ct,
  SUM(margin_ct) AS margin_ct,
  SAFE_DIVIDE(SUM(margin_ct), SUM(credits)) AS margin_rate,
  SUM(jobs_of_unknown_cost) AS jobs_of_unknown_cost
FROM `${PROJECT}.mediaforge.models_by_day`
WHERE day >= @since
GROUP BY model
ORDER BY revenue_ct DESC, model
