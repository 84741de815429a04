# A picture that exists already, from anywhere. With the hash, a new address for
# the same picture fetches nothing, and another picture is refused.
resource "flux2_image_file" "logo" {
  url             = "https://v3b.fal.media/files/b/0a1b2c3d/logo.png"
  path            = "${path.module}/public/logo.png"
  expected_sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
  file_permission = "0444"
}
