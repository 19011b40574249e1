"""Django's admin app with our admin site."""

from django.contrib.admin.apps import AdminConfig


class PortalAdminConfig(AdminConfig):
    default_site = "pcare.admin_site.PortalAdminSite"
