# By the id of the request, sent to the provider's endpoint.
terraform import flux2_image_result.poster a3c1f0de-52b4-4b0c-8f0e-6f1f0b9d7c11

# By endpoint and id.
terraform import flux2_image_result.poster fal-ai/flux-2-dev/a3c1f0de-52b4-4b0c-8f0e-6f1f0b9d7c11
