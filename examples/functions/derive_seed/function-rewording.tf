terraform {
  required_providers {
    flux2 = { source = "flux2-provider/flux2" }
  }
}

# The prompt is new, and the seed is still that of the old prompt.
resource "flux2_image" "lighthouse" {
  prompt = "a white lighthouse at dusk, oil on canvas"
  seed   = provider::flux2::derive_seed("a lighthouse at dusk", {}) # 1547761601
}
