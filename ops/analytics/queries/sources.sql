-- What jobs are made with since @since: in batches or singly, with a pack, from a template, for a brand, as copies.
SELECT
  batch_id IS NOT NULL AS in_batch,
  pack_id IS NOT NULL AS with_pack,
  template_id IS NOT NULL AS from_template,
  brand_id IS NOT NULL AS for_brand,
  reused_from IS NOT NULL AS copied,
  COUNT(*) AS jobs,
  SAFE_DIVIDE(COUNTIF(status = 'completed'), COUNTIF(status IN ('completed', 'failed'))) AS success_rate,
  SUM(credits) AS credits
FROM `${PROJECT}.mediaforge.generations`
WHERE DATE(settled_at) >= @since
GROUP BY in_batch, with_pack, from_template, for_brand, copied
ORDER BY jobs DESC, in_batch, with_pack, from_template, for_brand, copied
