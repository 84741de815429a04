# Pictures painted on this machine instead of images from fal, without a key
# and without cost. Start the emulator first:
#
#   terraform-provider-flux2 emulate
provider "flux2" {
  emulator_url = "http://127.0.0.1:8787"
}
