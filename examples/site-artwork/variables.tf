variable "site_url" {
  description = "Where the site will be published. Pictures that other sites show need their whole address."
  type        = string
  default     = "https://skerrow.example"
}

variable "budget" {
  description = "What all pictures together may cost, in US dollars, before a check warns."
  type        = number
  default     = 1
}
