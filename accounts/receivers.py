"""What accounts do when a facility changes, whichever door the change came through."""

from django.db.models.signals import post_save
from django.dispatch import receiver
from user_sessions.models import Session

from accounts import admission
from accounts.reasons import EndReason
from facilities.models import Facility


@receiver(post_save, sender=Facility)
def end_sessions_without_contract(sender: type[Facility], instance: Facility, **kwargs: object) -> None:
    """End the live sessions of a facility whose contract has ended."""
    if not instance.contract_active:
        admission.end(Session.objects.filter(user__facility=instance), EndReason.CONTRACT_ENDED)
