"""Our GraphQL documents, one constant each. Tests validate them against Linear's own schema."""

_STATE = "state { id name type position }"
_ISSUE = f"""
    id identifier title description url branchName
    {_STATE}
    team {{ id key name }}
    project {{ name }}
    labels(first: 20) {{ nodes {{ name }} }}
    assignee {{ id email }}
    delegate {{ id }}
"""

VIEWER = """
query Viewer {
  viewer { id name app }
  organization { id urlKey name }
}
"""

ISSUE = f"""
query IssueByName($id: String!) {{
  issue(id: $id) {{ {_ISSUE} }}
}}
"""

SEARCH_ISSUES = f"""
query SearchIssues($term: String!, $first: Int!) {{
  searchIssues(term: $term, first: $first, includeComments: false) {{
    nodes {{ {_ISSUE} }}
  }}
}}
"""

ISSUES = f"""
query Issues($first: Int!) {{
  issues(first: $first) {{
    nodes {{ {_ISSUE} }}
  }}
}}
"""

ISSUE_STANDING = f"""
query IssueStanding($id: String!) {{
  issue(id: $id) {{
    id
    {_STATE}
    delegate {{ id }}
    team {{ id key states(first: 50) {{ nodes {{ id name type position }} }} }}
  }}
}}
"""

_PAGE = "pageInfo { hasNextPage endCursor }"
_COMMENTS = f"nodes {{ id body createdAt user {{ name }} }} {_PAGE}"
_ATTACHMENTS = f"nodes {{ id title url createdAt }} {_PAGE}"

TALK = f"""
query IssueTalk($id: String!, $first: Int!) {{
  issue(id: $id) {{
    comments(first: $first) {{ {_COMMENTS} }}
    attachments(first: $first) {{ {_ATTACHMENTS} }}
  }}
}}
"""

MORE_COMMENTS = f"""
query MoreComments($id: String!, $first: Int!, $after: String!) {{
  issue(id: $id) {{ comments(first: $first, after: $after) {{ {_COMMENTS} }} }}
}}
"""

MORE_ATTACHMENTS = f"""
query MoreAttachments($id: String!, $first: Int!, $after: String!) {{
  issue(id: $id) {{ attachments(first: $first, after: $after) {{ {_ATTACHMENTS} }} }}
}}
"""

SESSION = """
query AgentSession($id: String!) {
  agentSession(id: $id) {
    id
    status
    url
    plan
    externalLinks { label url }
    issue { id }
  }
}
"""

ACTIVITY = """
query AgentActivity($id: String!) {
  agentActivity(id: $id) { id agentSession { id } }
}
"""

COMMENT = """
query Comment($id: String!) {
  comment(id: $id) { id parent { id } agentSession { id } }
}
"""

CREATE_ACTIVITY = """
mutation CreateActivity($input: AgentActivityCreateInput!) {
  agentActivityCreate(input: $input) { success agentActivity { id } }
}
"""

UPDATE_SESSION = """
mutation UpdateSession($id: String!, $input: AgentSessionUpdateInput!) {
  agentSessionUpdate(id: $id, input: $input) { success }
}
"""

OPEN_SESSION = """
mutation OpenSession($input: AgentSessionCreateOnIssue!) {
  agentSessionCreateOnIssue(input: $input) { success agentSession { id } }
}
"""

UPDATE_ISSUE = """
mutation UpdateIssue($id: String!, $input: IssueUpdateInput!) {
  issueUpdate(id: $id, input: $input) { success issue { id } }
}
"""

CREATE_COMMENT = """
mutation CreateComment($input: CommentCreateInput!) {
  commentCreate(input: $input) { success comment { id } }
}
"""

UPDATE_COMMENT = """
mutation UpdateComment($id: String!, $input: CommentUpdateInput!) {
  commentUpdate(id: $id, input: $input) { success comment { id } }
}
"""

LINK_URL = """
mutation LinkUrl($issueId: String!, $url: String!, $title: String!) {
  attachmentLinkURL(issueId: $issueId, url: $url, title: $title) { success attachment { id } }
}
"""
