# What the provider's endpoint has generated in the last 24 hours, to be kept as
# results: their configuration has no prompt.
list "flux2_image_result" "recent" {
  provider         = flux2
  include_resource = true
}
