"""Projects, their members and budgets; answers which roles a caller holds."""

from __future__ import annotations

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, RowExists
from octavo_server.errors import Conflict, Invalid, NotFound
from octavo_server.identity import Caller, CallerKind
from octavo_server.permissions import ADMIN
from octavo_server.projects import rules, store
from octavo_server.projects.domain import Member, Project
from octavo_server.projects.ports import TemplateNames


class ProjectsService:
    """Projects and who belongs to them."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        templates: TemplateNames,
        *,
        admin_group: str,
        reviewer_group: str,
    ) -> None:
        self._database = database
        self._audit = audit
        self._templates = templates
        self._admin_group = admin_group
        self._reviewer_group = reviewer_group

    def platform_roles(self, caller: Caller) -> frozenset[str]:
        """Return the caller's roles on the platform."""
        return rules.platform_roles(caller, self._admin_group, self._reviewer_group)

    def project_roles(self, caller: Caller, project: str) -> frozenset[str]:
        """Return the caller's roles in ``project``; none when it doesn't exist."""
        with self._database.read() as rows:
            if store.get(rows, project) is None:
                return frozenset()
            members = store.members(rows, project)
        roles = rules.roles_among(caller, project, members)
        return roles | ({ADMIN} & self.platform_roles(caller))

    def mine(self, caller: Caller) -> list[tuple[Project, frozenset[str]]]:
        """Return the caller's projects with the roles held in each."""
        with self._database.read() as rows:
            found, members = store.every(rows), store.members(rows)
        everywhere = {ADMIN} & self.platform_roles(caller)
        held = [
            (one, rules.roles_among(caller, one.name, _of(one, members)) | everywhere)
            for one in found
        ]
        return [(project, roles) for project, roles in held if roles]

    def get(self, name: str) -> Project:
        """Return a project. Raises NotFound."""
        with self._database.read() as rows:
            found = store.get(rows, name)
        if found is None:
            raise NotFound(f"There is no project {name[:100]!r}.", "Check the name.")
        return found

    def create(
        self,
        caller: Caller,
        *,
        name: str,
        title: str,
        description: str,
        template: str | None,
        monthly_budget_cents: int,
    ) -> Project:
        """Make a project; a person who makes one becomes its admin."""
        if template is not None and template not in self._templates.names():
            raise Invalid(
                f"template: there is no template {template[:40]!r}.",
                f"Use one of: {', '.join(sorted(self._templates.names()))}.",
            )
        with self._audit.change(caller, "projects.create", f"project:{name}", name) as change:
            made = Project(
                name=name,
                title=title,
                description=description,
                template=template,
                monthly_budget_cents=monthly_budget_cents,
                created_by=caller.name,
                created_at=change.at,
            )
            try:
                store.add(change.rows, made)
            except RowExists as error:
                raise Conflict(f"The name {name!r} is taken.", "Choose another name.") from error
            if caller.kind is CallerKind.PERSON:
                member = Member(project=name, kind="user", name=caller.name, role=ADMIN)
                store.add_member(change.rows, member)
            change.note(title=title, template=template, monthly_budget_cents=monthly_budget_cents)
        return made

    def members(self, project: str) -> list[Member]:
        """Return the project's members."""
        with self._database.read() as rows:
            return store.members(rows, project)

    def groups(self) -> frozenset[str]:
        """Return the groups that hold a role in any project, or on the platform."""
        with self._database.read() as rows:
            members = store.members(rows)
        named = {member.name for member in members if member.kind == "group"}
        return frozenset(named | {self._admin_group, self._reviewer_group})

    def add_member(
        self, caller: Caller, *, project: str, kind: str, name: str, role: str
    ) -> list[Member]:
        """Give a role; giving it again changes nothing."""
        member = Member(project=project, kind=kind, name=name, role=role)
        if member in self.members(member.project):
            return self.members(member.project)
        subject = f"project:{member.project}"
        with self._audit.change(caller, "projects.add_member", subject, member.project) as change:
            store.add_member(change.rows, member)
            change.note(kind=member.kind, name=member.name, role=member.role)
        return self.members(member.project)

    def remove_member(
        self, caller: Caller, *, project: str, kind: str, name: str, role: str
    ) -> list[Member]:
        """Take a role. Raises NotFound, or Conflict for the last admin."""
        member = Member(project=project, kind=kind, name=name, role=role)
        subject = f"project:{member.project}"
        with self._audit.change(
            caller, "projects.remove_member", subject, member.project
        ) as change:
            rules.check_an_admin_stays(store.members(change.rows, member.project), member)
            if not store.remove_member(change.rows, member):
                raise NotFound(
                    f"The {member.kind} {member.name!r} is no {member.role} here.",
                    "Reload the list of members.",
                )
            change.note(kind=member.kind, name=member.name, role=member.role)
        return self.members(member.project)

    def set_budget(self, caller: Caller, project: str, monthly_cents: int, reason: str) -> Project:
        """Change what a project may spend in a month."""
        with self._audit.change(
            caller, "projects.set_budget", f"project:{project}", project
        ) as change:
            before = self.get(project).monthly_budget_cents
            store.set_budget(change.rows, project, monthly_cents)
            change.note(before_cents=before, after_cents=monthly_cents, reason=reason)
        return self.get(project)


def _of(project: Project, members: list[Member]) -> list[Member]:
    return [member for member in members if member.project == project.name]
