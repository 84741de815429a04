# A check only warns. It suits a price that may change without anybody's doing:
# here, what a hundred requests are expected to cost from past ones.
#
# The data source stays outside of the check: inside, it would be planned to be
# read in every run.
data "flux2_pricing" "hundred" {
  endpoint_id      = "fal-ai/flux-2"
  request_quantity = 100
}

check "price" {
  assert {
    condition     = data.flux2_pricing.hundred.estimated_cost < 2.5
    error_message = "A hundred images now cost ${data.flux2_pricing.hundred.estimated_cost} ${data.flux2_pricing.hundred.currency}."
  }
}

output "price_of_a_hundred" {
  value = format("%.2f %s", data.flux2_pricing.hundred.estimated_cost, data.flux2_pricing.hundred.currency)
}
