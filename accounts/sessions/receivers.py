"""What happens to sessions when an account or a facility changes, whichever door the change came through."""

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from user_sessions.models import Session

from accounts.models import Account
from accounts.sessions import ending
from facilities.models import Facility


@receiver(post_save, sender=Facility)
def end_sessions_without_contract(sender: type[Facility], instance: Facility, **kwargs: object) -> None:
    """End the live sessions of a facility whose contract has ended.

    Its accounts are locked first: who is just being admitted there is done before, or finds the contract ended.
    """
    if instance.contract_active:
        return
    with transaction.atomic():
        accounts = Account.objects.filter(facility=instance).order_by("pk")
        list(accounts.select_for_update(no_key=True).values_list("pk"))
        ending.end_refused(Session.objects.filter(user__facility=instance))


@receiver(post_save, sender=Account)
def end_refused_sessions(sender: type[Account], instance: Account, created: bool, **kwargs: object) -> None:
    """End the live sessions of an account that may not be signed in any more, or has got another password."""
    if not created:
        ending.end_refused(Session.objects.filter(user=instance))
