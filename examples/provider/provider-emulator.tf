# Pictures painted on this machine instead of images from fal, without a key
# and without cost. Start the emulator first: it is in the provider's program, which
# "terraform init" puts below .terraform/providers.
#
#   "$flux2" emulate
provider "flux2" {
  emulator_url = "http://127.0.0.1:8787"
}
