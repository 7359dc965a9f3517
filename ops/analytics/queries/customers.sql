-- The credits that each account has spent, bought or given (not money received), and what they cost us since @since,
-- the dearest first.
SELECT
  account_id,
  COUNT(*) AS jobs,
  COUNT(DISTINCT user_id) AS users,
  SUM(delivered) AS delivered,
  SUM(credits) AS spent_credits,
  SUM(COALESCE(cost_ct, 0)) AS cost_ct,
  SUM(credits) - SUM(COALESCE(cost_ct, 0)) AS margin_ct,
  COUNTIF(status = 'failed') AS failed,
  MAX(settled_at) AS last_at
FROM `${PROJECT}.mediaforge.generations`
WHERE DATE(settled_at) >= @since
GROUP BY account_id
ORDER BY cost_ct DESC, account_id
