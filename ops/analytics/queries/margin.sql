-- The credits that were spent on the work of each model since @since, what its provider charged for it, and what is
-- left, in US cents. Not money received: credits that were given (welcome, the month's) are among those spent, and what
-- was bought with a discount counts in full. 1 credit is 1 US cent; what came in is in Stripe, and in `purchases`.
SELECT
  model,
  SUM(jobs) AS jobs,
  SUM(delivered) AS delivered,
  SUM(credits) AS spent_credits,
  SUM(cost_ct) AS cost_ct,
  SUM(margin_ct) AS margin_ct,
  SAFE_DIVIDE(SUM(margin_ct), SUM(credits)) AS margin_rate,
  SUM(jobs_of_unknown_cost) AS jobs_of_unknown_cost
FROM `${PROJECT}.mediaforge.models_by_day`
WHERE day >= @since
GROUP BY model
ORDER BY spent_credits DESC, model
