provider "flux2" {
  max_requests_per_run  = 20
  reuse_requests_within = "24h"

  # Appear in fal's usage reports.
  tags = { project = "website" }
}
