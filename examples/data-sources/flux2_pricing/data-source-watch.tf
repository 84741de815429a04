# A check only warns. It suits a price that may change without anybody's doing:
# here, what a hundred requests are expected to cost from past ones.
check "price" {
  data "flux2_pricing" "hundred" {
    endpoint_id      = "fal-ai/flux-2"
    request_quantity = 100
  }

  assert {
    condition     = data.flux2_pricing.hundred.estimated_cost < 2.5
    error_message = "A hundred images now cost ${data.flux2_pricing.hundred.estimated_cost} ${data.flux2_pricing.hundred.currency}."
  }
}
