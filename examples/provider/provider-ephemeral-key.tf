# An ephemeral variable reaches the provider, but neither the state nor a saved
# plan file. Terraform 1.10 and later, OpenTofu 1.11 and later.
variable "fal_key" {
  description = "A fal API key. Without one, the environment variable FAL_KEY counts."
  type        = string
  ephemeral   = true
  sensitive   = true
  default     = null
}

provider "flux2" {
  api_key = var.fal_key
}
