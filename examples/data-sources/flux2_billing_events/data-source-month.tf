# What the account was billed this month and last month, for all endpoints. Months
# begin at midnight UTC, as on fal's bills.
variable "fal_admin_key" {
  type        = string
  description = "A key of the scope ADMIN. Null is for FAL_KEY, if that has the scope."
  ephemeral   = true
  sensitive   = true
  default     = null
}

# Images can keep a key of the scope API, in a provider block without an alias.
provider "flux2" {
  alias   = "billing"
  api_key = var.fal_admin_key
}

locals {
  this_month = formatdate("YYYY-MM-'01T00:00:00Z'", plantimestamp())
  last_month = formatdate("YYYY-MM-'01T00:00:00Z'", timeadd(local.this_month, "-24h"))
}

data "flux2_billing_events" "this_month" {
  provider = flux2.billing

  start          = local.this_month
  include_events = false
}

data "flux2_billing_events" "last_month" {
  provider = flux2.billing

  start          = local.last_month
  end            = local.this_month
  include_events = false
}

output "billed" {
  value = {
    this_month = format("%.2f USD", data.flux2_billing_events.this_month.total_cost)
    last_month = format("%.2f USD", data.flux2_billing_events.last_month.total_cost)
  }
}
