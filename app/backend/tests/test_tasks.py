import pytest


def test_a_task_from_creation_to_deletion(api):
    created = api.post("/api/tasks", json={"title": "  Buy milk "})
    assert created.status_code == 201
    task = created.json()
    assert (task["title"], task["done"]) == ("Buy milk", False)
    path = f"/api/tasks/{task['id']}"
    assert api.get(path).json() == task
    assert api.get("/api/tasks").json() == [task]

    changed = api.patch(path, json={"done": True})
    assert changed.json() == task | {"done": True}
    assert api.patch(path, json={"title": "Buy oat milk"}).json() == task | {"done": True, "title": "Buy oat milk"}
    assert api.get("/api/tasks", params={"state": "open"}).json() == []
    assert len(api.get("/api/tasks", params={"state": "done"}).json()) == 1

    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert api.delete(path).json() == {"detail": f"there is no task {task['id']}"}


@pytest.mark.parametrize("title", ["", "   ", "x" * 201, "nul\0", "two\nlines", None, 7])
def test_a_bad_title_is_refused(api, title):
    assert api.post("/api/tasks", json={"title": title}).status_code == 422
    assert api.get("/api/tasks").json() == []


@pytest.mark.parametrize("number", ["0", "-1", "2147483648", "abc"])
def test_a_bad_number_is_refused(api, number):
    assert api.get(f"/api/tasks/{number}").status_code == 422


def test_any_language_is_kept(api):
    title = "牛乳を買う 🥛 “œufs”"
    assert api.post("/api/tasks", json={"title": title}).json()["title"] == title
