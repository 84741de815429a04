resource "flux2_image" "hero" {
  prompt = "a lighthouse on a rocky headland above a calm sea at sunset"
}
